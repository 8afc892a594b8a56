#!/bin/sh
# Print a Python of version 3.11 or later.
for python in "${PYTHON:-python3}" python3.14 python3.13 python3.12 python3.11; do
    if "$python" -c "import sys; sys.exit(sys.version_info < (3, 11))" 2>/dev/null; then
        echo "$python"
        exit 0
    fi
done
echo "Fracto needs Python 3.11 or later; install it, or name it: make PYTHON=/path/to/python" >&2
exit 1
