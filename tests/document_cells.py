"""Cells for documents: those of the catalogue, and cells that nobody has."""

from __future__ import annotations

from functools import lru_cache

from derivations import cell_names, derive, get_cell
from derivations.calculus import Derivation
from derivations.cell import Cell
from derivations.documents import render
from derivations.documents.model import Document
from derivations.documents.outline import document
from derivations.documents.write import proved
from derivations.verdict import Result

HOSTILE = r"\input{/etc/passwd} <script>alert(1)</script> $x$ & 100% #1 _a_ ^ ~ | `code` [x](y) "

STRANGE = {
    "stabilised": """
z_t = σ(W_z x_t + U_z h_{t-1} + b_z)
i_t = exp(W_i x_t + U_i h_{t-1} + b_i)
s_t = softplus(W_s x_t + U_s h_{t-1} + b_s)
f_t = σ(W_f x_t + U_f h_{t-1} + p_f ⊙ c_{t-1} + b_f)
g_t = tanh(W_g x_t + U_g h_{t-1} + b_g)
c_t = f_t ⊙ c_{t-1} + i_t ⊙ g_t
n_t = f_t ⊙ n_{t-1} + i_t
ĥ'_t = c_t / (n_t + 1)
h_t = z_t ⊙ ĥ'_t + s_t
""",
    "many_gates": """
gateone_t = σ(W_a x_t + U_a state_{t-1} + b_a)
gatetwo_t = σ(W_b x_t + U_b state_{t-1} + b_b)
f_t = σ(W_c x_t + U_c state_{t-1} + b_c)
g_t = σ(W_d x_t + U_d state_{t-1} + b_d)
i_t = σ(W_e x_t + U_e state_{t-1} + b_e)
j_t = tanh(W_f x_t + U_f state_{t-1} + b_f)
q_t = tanh(W_g x_t + U_g state_{t-1} + b_g)
r_t = tanh(W_h x_t + U_h state_{t-1} + b_h)
memory_t = gateone_t ⊙ memory_{t-1} + gatetwo_t ⊙ j_t + f_t ⊙ q_t
slow_t = alpha slow_{t-1} + (1 - alpha) g_t ⊙ r_t
state_t = i_t ⊙ tanh(memory_t + slow_t)
""",
    "stacked": """
z_t = σ(W_z [h_{t-1}, c_{t-1}, x_t] + b_z)
k_t = tanh(V (U (h_{t-1} ⊙ z_t)) + W x_t)
c_t = z_t ⊙ c_{t-1} + (1 - z_t) ⊙ k_t
y_t = tanh(A c_t + b)
h_t = y_t ⊙ y_t / 2 - 0.5 c_t + h_{t-1}
o_t = Q h_t
""",
    "bare": "h_t = h_{t-1} ⊙ x_t",
    "two_inputs": """
z_t = σ(W_z [h_{t-1}, x_t, u_t] + b_z)
c_t = (1 - z_t) ⊙ c_{t-1} + z_t ⊙ tanh(V u_t + Q q_{t-1})
q_t = tanh(A c_t)
h_t = q_t ⊙ exp(-c_t)
""",
}
STRANGE |= {
    "memory": """
q_t = W_q x_t / sqrt(key)
k_t = W_k x_t / norm(W_k x_t)
v_t = W_v x_t
a_t = σ(W_a x_t + b_a)
l_t = logsigmoid(wᵀ x_t)
m_t = max(l_t + m_{t-1}, alpha)
S_t = diag(a_t) S_{t-1} + exp(l_t - m_t) k_t (v_t - S_{t-1}ᵀ k_t)ᵀ
y_t = (S_t + k_t onesᵀ)ᵀ q_t
""",
    "normed": """
v_t = W [x_t, h_{t-1}] + b
u_t = γ ⊙ (v_t - mean(v_t)) / sqrt(mean((v_t - mean(v_t))^2) + ε) + β
s_t = softmax(chunk(u_t, 3, 1)) ⊙ relu(chunk(u_t, 3, 2)) + max(chunk(u_t, 3, 3), h_{t-1})
h_t = where(h_{t-1} >= x_t, s_t, min(abs(h_{t-1}), sin(s_t)))
""",
    "accented": """
c̃_t = σ(W x_t) ⊙ c̃_{t-1} + tanh(V h_{t-1})
c_t = σ(U x_t) ⊙ c_{t-1} + tanh(c̃_t)
h_t = σ(b) ⊙ tanh(c_t)
""",
    "fixed": """
A = U - Uᵀ - γ I
ρ = exp(-exp(ν)) ⊙ cos(θ)
z_t = σ(A h_{t-1} + (M ⊙ V) x_t)
h_t = ρ ⊙ h_{t-1} + α z_t + sum(z_t) β
""",
    "convolution": """
A_t = windows(H_{t-1}, 3)
Z_t = σ(K A_t + W X_t + b onesᵀ)
C_t = tanh(V X_t) ⊙ floor(d) onesᵀ
H_t = Z_t ⊙ H_{t-1} + (1 - Z_t) ⊙ C_t
n_t = n_{t-1} + H_t ones + onesᵀ C_tᵀ r
""",
}
DATA = {
    "memory": {"shapes": {"W_q": ["key", "inputs"], "W_v": ["value", "inputs"], "l": [], "m": [], "alpha": []}},
    "normed": {"constants": {"epsilon": 1e-5}, "shapes": {"x": ["hidden"]}},
    "fixed": {"constants": {"gamma": 0.05, "alpha": 3, "M": 1}, "shapes": {"M": ["hidden", "inputs"]}},
    "convolution": {"inputs": ["X"]},
    "many_gates": {"shapes": {"alpha": []}, "title": HOSTILE, "source": HOSTILE, "roles": {"j": HOSTILE, "f": "gate: " + HOSTILE}},
    "two_inputs": {"inputs": ["u"]},
}
CATALOGUE = tuple(name for name in ("elman_rnn", "lstm", "lstm_concat", "gru_before", "gru_after", "gru_seed") if name in cell_names())
ALL = (*CATALOGUE, *STRANGE)


@lru_cache(maxsize=64)
def derivation(name: str) -> Derivation:
    """The derivation of a cell by its name."""
    if name in STRANGE:
        return derive(Cell.from_equations(STRANGE[name], name=name, **DATA.get(name, {})))
    return derive(get_cell(name))


@lru_cache(maxsize=64)
def told(name: str) -> Document:
    """The document of a cell, made once."""
    return document(derivation(name))


@lru_cache(maxsize=64)
def rendered(name: str, fmt: str) -> str:
    """The document of a cell as text, made once; its proofs are those of ``gateproof derive``."""
    return render(derivation(name), fmt, proofs(name))


@lru_cache(maxsize=64)
def proofs(name: str) -> tuple[Result, ...]:
    """What stands in the document as proved."""
    return proved(derivation(name))
