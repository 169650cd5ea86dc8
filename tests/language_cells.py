"""Small cells that nobody published: one for each construct of the language, also in forms that the catalogue has not."""

from derivations import Cell


def _cell(name: str, equations: str, **data: object) -> Cell:
    return Cell.from_equations(equations, name=name, **data)


LANGUAGE_CELLS = (
    _cell("kinks", "h_t = relu(W x_t + U h_{t-1} + b) - abs(V x_t) ⊙ sign(h_{t-1})"),
    _cell(
        "choices", "a_t = W x_t + U h_{t-1}\nb_t = V x_t\nh_t = max(a_t, b_t) ⊙ min(a_t, 1) + where(b_t < h_{t-1}, a_t ⊙ b_t, tanh(a_t))"
    ),
    _cell(
        "choices of products",
        "h_t = where(W x_t >= 0, tanh(W x_t), U h_{t-1}) + max(V x_t, h_{t-1})^2\nc_t = where(h_t = 0, 1, h_t) ⊙ σ(c_{t-1})",
    ),
    _cell("remainder", "h_t = where(k_t - p ⊙ floor(k_t / p) <= 1, tanh(W x_t + U h_{t-1}), h_{t-1})", inputs=["k"], shapes={"k": []}),
    _cell("waves and logarithms", "h_t = sin(W x_t + b) ⊙ cos(h_{t-1}) + log(2 + h_{t-1}^2) + logsigmoid(U h_{t-1})"),
    _cell("scalar products", "s_t = wᵀ x_t + vᵀ (U h_{t-1})\nh_t = σ(s_t) h_{t-1} + tanh(s_t * (V x_t))", shapes={"s": []}),
    _cell("outer products", "S_t = σ(wᵀ x_t) S_{t-1} + (W x_t) (V x_t)ᵀ\ny_t = S_tᵀ (W x_t)", shapes={"W": ["key", "inputs"]}),
    _cell("rows and columns", "a_t = σ(A x_t)\nb_t = σ(B x_t)\nS_t = diag(a_t) S_{t-1} diag(b_t) + (S_{t-1} 𝟏) (S_{t-1}ᵀ 𝟏)ᵀ"),
    _cell("products of matrices", "S_t = tanh(A S_{t-1} B + P_t) + (P_t S_{t-1}ᵀ) S_{t-1} / (1 + sum(P_t ⊙ P_t))", inputs=["P"]),
    _cell("softmax", "a_t = W x_t + U h_{t-1}\nh_t = softmax(a_t) ⊙ tanh(h_{t-1})\ny_t = logsumexp(V h_t)", shapes={"y": []}),
    _cell(
        "norms",
        "u_t = W x_t + U h_{t-1}\nh_t = (u_t - mean(u_t)) / sqrt(mean((u_t - mean(u_t))^2) + ε) / (1 + norm(u_t))",
        constants={"epsilon": 0.01},
    ),
    _cell("parts", "v_t = W x_t + U h_{t-1}\nh_t = tanh(chunk(v_t, 3, 1)) ⊙ chunk(v_t, 3, 3) + chunk(v_t, 3, 3)"),
    _cell(
        "constants",
        "A = M ⊙ U - Uᵀ - γ I\nh_t = tanh(A h_{t-1} + W x_t) / sqrt(hidden) + q ⊙ h_{t-1}",
        constants={"gamma": 0.5, "M": 2, "q": 0.25},
        shapes={"M": ["hidden", "hidden"], "q": ["hidden"]},
    ),
    _cell("windows", "H_t = tanh(K windows(X_t, 3) + V windows(H_{t-1}, 5) + b 𝟏ᵀ)", inputs=["X"]),
)
