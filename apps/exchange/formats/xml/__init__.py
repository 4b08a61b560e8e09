"""What the formats in XML share: safe reading, and the texts of times, numbers and points."""
