"""Pages on which people log in and let a program act for them."""
