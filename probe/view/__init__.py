"""What a report shows, before it is written: rows, matrix, details, calls and the commands that repeat them."""
