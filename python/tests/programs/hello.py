# test: gil free
import sys
print("hello", len(sys.argv))
print("half", end=" ")
print("a line")
print("to stderr", file=sys.stderr)
sys.stdout.write("written\n")
print(1, 2, 3, sep="-")
