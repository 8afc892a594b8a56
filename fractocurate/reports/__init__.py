"""Reports: from a PDF to pages, words with boxes, table rows, and fracture instances with their evidence."""
