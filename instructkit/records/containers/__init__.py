"""The file types: a module each, reading (and, where it is more than a few lines, writing).

Reading gives a `Raw`: columns as they stand in the file, with the number of each row.
"""
