"""Every file of a directory, stored, by zipstream-ng."""
import sys

from zipstream import ZipStream

with open(sys.argv[2], "wb") as output:
    for chunk in ZipStream.from_path(sys.argv[1]):
        output.write(chunk)
