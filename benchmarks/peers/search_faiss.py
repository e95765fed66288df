"""faiss: exact range search over binary hashes, IndexBinaryFlat. Arguments: hashes.npy (uint64, N x words), queries, radius in bits."""

import json
import sys
import time

import faiss
import numpy as np

path, queries, radius = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
hashes = np.load(path).view(np.uint8)
index = faiss.IndexBinaryFlat(8 * hashes.shape[1])
index.add(hashes)
started = time.process_time()
limits, _, rows = index.range_search(hashes[:queries], radius + 1)  # faiss finds what is nearer than its radius
seconds = time.process_time() - started
query = np.repeat(np.arange(queries), np.diff(limits.astype(np.int64)))
print(json.dumps({"seconds": seconds, "pairs": int((query < rows).sum()), "version": faiss.__version__}))
