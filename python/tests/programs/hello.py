import sys
print("hello", sys.argv)
print("to stderr", file=sys.stderr)
