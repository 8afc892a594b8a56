#!/bin/sh
# The whole job on a small synthetic archive: generate, ingest, validate, audit, train, explain, report. Used by `make demo`.
set -eu

out=${1:-demo}
fracto=${FRACTO:-fracto}
python=${PYTHON:-python3}
here=$(dirname "$0")
catalog=$out/catalog.duckdb

say() { printf '\n== %s\n' "$*"; }

rm -rf "$out"
mkdir -p "$out"
say "A small synthetic archive, with broken files planted in it"
"$python" "$here/make_archive.py" "$out/archive"

say "fracto ingest"
code=0
"$fracto" ingest "$out/archive/reports" "$out/archive/images" --profile "$out/archive/site.yaml" --catalog "$catalog" || code=$?
[ "$code" -eq 0 ] || [ "$code" -eq 6 ] || exit "$code" # 6: finished, and the planted broken files are listed

say "fracto validate"
"$fracto" validate --catalog "$catalog"

say "fracto audit --folds 5"
"$fracto" audit --folds 5 --catalog "$catalog" --html "$out/audit.html"

say "fracto train (a small model, a few epochs, two cores)"
"$fracto" train --catalog "$catalog" recipe=fast optim.epochs=12

say "fracto explain (heat-maps of 12 images)"
code=0
"$fracto" explain --sample 12 --catalog "$catalog" --output "$out/explained" || code=$?
[ "$code" -eq 0 ] || [ "$code" -eq 6 ] || exit "$code" # 6: some maps of so small a model are empty, and are listed

say "fracto report"
"$fracto" report --catalog "$catalog" --output "$out/report.html"

say "fracto export"
"$fracto" export "$out/dataset.csv" --catalog "$catalog"

say "Done"
echo "catalog (DuckDB): $catalog"
echo "dataset table:    $out/dataset.csv"
echo "leakage page:     $out/audit.html"
echo "training report:  $out/report.html"
echo "heat-maps:        $out/explained/sheets"
echo "look further:     $fracto status --catalog $catalog"
echo "                  $fracto why IMAGE --catalog $catalog"
