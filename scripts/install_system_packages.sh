#!/bin/sh
# Install what pip cannot: Tesseract with English and German, and Python's venv module. Does nothing if all is there.
set -eu

python=${1:-python3}
missing=""
languages=$(tesseract --list-langs 2>/dev/null || true)
command -v tesseract >/dev/null 2>&1 || missing="$missing tesseract-ocr"
for language in eng deu; do
    echo "$languages" | grep -qx "$language" || missing="$missing tesseract-ocr-$language"
done
"$python" -c "import ensurepip, venv" 2>/dev/null || missing="$missing python3-venv"
[ -z "$missing" ] && exit 0

command="apt-get update && apt-get install -y --no-install-recommends$missing"
if ! command -v apt-get >/dev/null 2>&1; then
    echo "This machine has no apt-get. Please install:$missing (or what your system calls them), then run again." >&2
    exit 1
fi
if [ "$(id -u)" = 0 ]; then
    echo "Installing system packages: $command"
elif command -v sudo >/dev/null 2>&1 && { [ -t 0 ] || sudo -n true 2>/dev/null; }; then
    command="sudo apt-get update && sudo apt-get install -y --no-install-recommends$missing"
    echo "Installing system packages: $command"
else
    echo "System packages are missing, and this user may not install them. Please have somebody run:" >&2
    echo "  $command" >&2
    exit 1
fi
export DEBIAN_FRONTEND=noninteractive
sh -c "$command"
