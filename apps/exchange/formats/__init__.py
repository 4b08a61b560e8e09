"""The formats of files. Each has its reader beside its writer; both speak of `Activity`."""
