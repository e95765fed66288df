"""A map of the images: frozen features in two dimensions, where images that look alike to the network lie together.

Principal components to 50 dimensions, then t-SNE (van der Maaten and Hinton, Visualizing Data using t-SNE, JMLR 9, 2008; started from the
first two components, as Kobak and Berens advise, The art of using t-SNE, Nature Communications 10, 2019). Neighbourhoods mean something on
such a map; sizes of clusters and distances between them do not.
"""

import hashlib
from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray
from threadpoolctl import threadpool_limits

Floats = NDArray[np.float64]
Integers = NDArray[np.int64]

MOST = 5000  # images
COMPONENTS, FEWEST = 50, 12  # below so many images there is nothing for t-SNE to arrange: their principal components
PERPLEXITY, ITERATIONS = 30.0, 500
DECIMALS = 3


def some(image_ids: Sequence[str], most: int = MOST) -> Integers:
    """Return the rows to draw, rising: all, or those whose ids have the smallest hashes, which are the same whatever others there are."""
    if len(image_ids) <= most:
        return np.arange(len(image_ids))
    hashes = [hashlib.sha256(f"embedding {name}".encode()).digest() for name in image_ids]
    return np.sort(np.array(sorted(range(len(hashes)), key=hashes.__getitem__)[:most], dtype=np.int64))


def embed(features: NDArray[np.floating], seed: int) -> Floats:
    """Return a point per image, shape (n, 2); the same bytes on one machine.

    Args:
        features: standardised, shape (n, width).
        seed: of the components' random projections.
    """
    from sklearn.decomposition import PCA
    from sklearn.manifold import TSNE

    count = min(COMPONENTS, *features.shape)
    if count < 2 or not np.ptp(features, axis=0).any():
        return np.zeros((len(features), 2))
    with threadpool_limits(1):  # more threads would change the last bits of sums, and t-SNE makes much of them
        reduced = PCA(count, svd_solver="randomized", random_state=seed).fit_transform(features.astype(np.float32))
        if len(features) < FEWEST:
            return np.asarray(reduced[:, :2], dtype=np.float64).round(DECIMALS)
        perplexity = min(PERPLEXITY, (len(features) - 1) / 3)
        model = TSNE(init="pca", perplexity=perplexity, max_iter=ITERATIONS, random_state=seed, learning_rate="auto")
        return np.asarray(model.fit_transform(reduced), dtype=np.float64).round(DECIMALS)
