"""NumPy text of functions, by the name under which generated code calls them; ``CALLS``: those that NumPy has under that meaning.

An overflow of ``exp`` gives the right limit; generated functions switch its warning off. The slopes are functions of the
argument, since y (1 - y) and 1 - y² of the value y lose all digits where y is close to 1.
"""

CALLS = {"abs": "np.abs", "sign": "np.sign", "floor": "np.floor", "log": "np.log", "sin": "np.sin", "cos": "np.cos", "step": "heaviside"}

TEXTS = {
    "sigmoid": '''def sigmoid(a):
    """1 / (1 + exp(-a)): full relative accuracy in both tails, down to the smallest normal number."""
    e = np.exp(-a)
    e += 1
    return np.reciprocal(e)
''',
    "sigmoid_slope": '''def sigmoid_slope(a):
    """The derivative of sigmoid, e / (1 + e)² with e = exp(-|a|): accurate where 1 - sigmoid(a) is 0."""
    e = np.exp(-np.abs(a))
    square = e + 1
    square *= square
    e /= square
    return e
''',
    "tanh": """tanh = np.tanh
""",
    "tanh_slope": '''def tanh_slope(a):
    """The derivative of tanh, 4 e / (1 + e)² with e = exp(-2 |a|): accurate where 1 - tanh(a)² is 0."""
    e = np.exp(-2 * np.abs(a))
    square = e + 1
    square *= square
    e *= 4
    e /= square
    return e
''',
    "exp": """exp = np.exp
""",
    "softplus": '''def softplus(a):
    """log(1 + exp(a))."""
    return np.logaddexp(np.zeros((), a.dtype), a)
''',
    "logsigmoid": '''def logsigmoid(a):
    """-log(1 + exp(-a)): no overflow, full relative accuracy in both tails."""
    return -np.logaddexp(np.zeros((), a.dtype), -a)
''',
    "logsigmoid_slope": '''def logsigmoid_slope(a):
    """The derivative of logsigmoid, sigmoid(-a): accurate where 1 - sigmoid(a) is 0."""
    return np.reciprocal(np.exp(a) + 1)
''',
    "relu": '''def relu(a):
    """max(a, 0)."""
    return np.maximum(a, 0)
''',
    "heaviside": '''def heaviside(a):
    """1 above 0, else 0: the derivative of relu, by convention also at 0."""
    return np.heaviside(a, 0)
''',
    "logsumexp": '''def logsumexp(a, axis):
    """The logarithm of the sum of the exponentials: the greatest is taken out first, so that none overflows."""
    top = a.max(axis=axis, keepdims=True)
    top = np.where(np.isfinite(top), top, 0)
    return np.log(np.exp(a - top).sum(axis=axis)) + top.squeeze(axis)
''',
    "windows": '''def windows(a, width):
    """Columns and their neighbours below each other: block j holds a[..., l + j - width // 2], 0 beyond the ends."""
    columns, half = a.shape[-1], width // 2
    wide = np.zeros((*a.shape[:-1], columns + 2 * half), a.dtype)
    wide[..., half : half + columns] = a
    return np.concatenate([wide[..., j : j + columns] for j in range(width)], axis=-2)
''',
    "fold": '''def fold(a, width):
    """The adjoint of windows: every entry is added to the one that it is a copy of."""
    blocks, columns, half = np.split(a, width, axis=-2), a.shape[-1], width // 2
    wide = np.zeros((*blocks[0].shape[:-1], columns + 2 * half), a.dtype)
    for j, block in enumerate(blocks):
        wide[..., j : j + columns] += block
    return wide[..., half : half + columns]
''',
}
