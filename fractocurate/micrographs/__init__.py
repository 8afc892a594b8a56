"""One SEM frame -> its pixels, vendor tags, data bar, magnification, pixel size and crop."""
