"""Activities as other people's programs exchange them: FIT, TCX and GPX files, in and out."""
