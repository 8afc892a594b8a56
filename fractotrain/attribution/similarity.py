"""How alike two heat-maps are, by the order of their values: maps have no unit that could be compared."""

import numpy as np
from numpy.typing import NDArray
from scipy.stats import rankdata


def rank_correlation(first: NDArray[np.float32], second: NDArray[np.float32]) -> NDArray[np.float64]:
    """Spearman's rho of each pair of maps, shape (images, ...) -> (images,).

    Ties share their mean rank. A map without any order (all values equal) resembles nothing: 0.
    """
    centred = []
    for maps in (first, second):
        ranks = rankdata(maps.reshape(len(maps), -1), axis=1)
        centred.append(ranks - ranks.mean(axis=1, keepdims=True))
    norms = np.sqrt((centred[0] ** 2).sum(axis=1) * (centred[1] ** 2).sum(axis=1))
    products = (centred[0] * centred[1]).sum(axis=1)
    return np.asarray(np.divide(products, norms, out=np.zeros(len(first)), where=norms > 0), np.float64)
