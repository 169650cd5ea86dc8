"""NumPy text of the entrywise functions, by the name under which generated code calls them.

An overflow of ``exp`` gives the right limit; generated functions switch its warning off. The slopes are functions of the
argument, since y (1 - y) and 1 - y² of the value y lose all digits where y is close to 1.
"""

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
}
