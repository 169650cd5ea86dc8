"""The rules of differentiation: name, statement and the reason in index form.

A step of a derivation names the rules that it applies. There is one rule for each kind of equation, the pointwise kind
split into the forms that people know by name.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Rule:
    """One rule, stated for reverse mode; formulas are LaTeX."""

    name: str
    forward: str
    backward: tuple[str, ...]
    reason: tuple[str, ...]  # one line for each line of ``backward``


RULES: dict[str, Rule] = {
    rule.name: rule
    for rule in (
        Rule("sum", r"y=u+v", (r"\bar u=\bar y,\quad \bar v=\bar y",), (r"\bar u_j=\sum_i\bar y_i\,\delta_{ij}=\bar y_j",)),
        Rule(
            "product",
            r"y=u\odot v",
            (r"\bar u=\bar y\odot v,\quad \bar v=\bar y\odot u",),
            (r"\bar u_j=\sum_i\bar y_i\,v_i\,\delta_{ij}=\bar y_jv_j",),
        ),
        Rule(
            "function",
            r"y=\varphi(u)",
            (r"\bar u=\bar y\odot\varphi'(u)",),
            (r"\bar u_j=\sum_i\bar y_i\,\varphi'(u_i)\,\delta_{ij}=\bar y_j\,\varphi'(u_j)",),
        ),
        Rule(
            "quotient",
            r"y=u\oslash v",
            (r"\bar u=\bar y\oslash v", r"\bar v=-\bar y\odot y\oslash v"),
            (r"\bar u_j=\sum_i\bar y_i\,\delta_{ij}/v_i=\bar y_j/v_j", r"\bar v_j=-\bar y_ju_j/v_j^2"),
        ),
        Rule(
            "power",
            r"y=u^p",
            (r"\bar u=p\,\bar y\odot u^{p-1}",),
            (r"\bar u_j=\sum_i\bar y_i\,p\,u_i^{p-1}\,\delta_{ij}=p\,\bar y_ju_j^{p-1}",),
        ),
        Rule(
            "matrix",
            r"y=Mv",
            (r"\bar v=M\T\bar y", r"\bar M=\bar y\,v\T"),
            (r"\bar v_j=\sum_i\bar y_i\,M_{ij}=(M\T\bar y)_j", r"\bar M_{kl}=\sum_i\bar y_i\,\delta_{ik}\,v_l=\bar y_kv_l"),
        ),
        Rule(
            "matrices",
            r"Y=MN",
            (r"\bar M=\bar Y\,N\T", r"\bar N=M\T\,\bar Y"),
            (
                r"\bar M_{kl}=\sum_{ij}\bar Y_{ij}\,\delta_{ik}\,N_{lj}=(\bar Y\,N\T)_{kl}",
                r"\bar N_{kl}=\sum_{ij}\bar Y_{ij}\,M_{ik}\,\delta_{jl}=(M\T\,\bar Y)_{kl}",
            ),
        ),
        Rule(
            "scalar product",
            r"y=u\T v",
            (r"\bar u=\bar y\,v,\quad \bar v=\bar y\,u",),
            (r"\bar u_j=\bar y\sum_i\delta_{ij}\,v_i=\bar y\,v_j",),
        ),
        Rule(
            "outer product",
            r"Y=u\,v\T",
            (r"\bar u=\bar Y v", r"\bar v=\bar Y\T\,u"),
            (
                r"\bar u_j=\sum_{kl}\bar Y_{kl}\,\delta_{kj}\,v_l=(\bar Y v)_j",
                r"\bar v_j=\sum_{kl}\bar Y_{kl}\,u_k\,\delta_{lj}=(\bar Y\T\,u)_j",
            ),
        ),
        Rule(
            "diagonal",
            r"Y=\operatorname{diag}(u)\,M",
            (r"\bar u=(\bar Y\odot M)\,\mathbf 1", r"\bar M=\operatorname{diag}(u)\,\bar Y"),
            (r"\bar u_j=\sum_{kl}\bar Y_{kl}\,\delta_{kj}\,M_{kl}=\sum_l\bar Y_{jl}M_{jl}", r"\bar M_{kl}=\bar Y_{kl}\,u_k"),
        ),
        Rule(
            "concatenation",
            r"y=[u,v]",
            (r"\bar u,\ \bar v=\text{the blocks of }\bar y",),
            (r"\bar u_j=\sum_i\bar y_i\,\delta_{ij}=\bar y_j",),
        ),
        Rule("transpose", r"Y=M\T", (r"\bar M=\bar Y\T",), (r"\bar M_{kl}=\sum_{ij}\bar Y_{ij}\,\delta_{jk}\,\delta_{il}=\bar Y_{lk}",)),
        Rule("total", r"y=\mathbf 1\T u", (r"\bar u=\bar y\,\mathbf 1",), (r"\bar u_j=\bar y\sum_i\delta_{ij}=\bar y",)),
        Rule(
            "logsumexp",
            r"y=\log\sum_i e^{u_i}",
            (r"\bar u=\bar y\,e^{u-y}",),
            (r"\bar u_j=\bar y\,e^{u_j}/\sum_i e^{u_i}=\bar y\,e^{u_j-y}",),
        ),
        Rule(
            "choice",
            r"y=u\text{ where }c,\ v\text{ elsewhere}",
            (
                r"\bar u=\bar y\odot\mathbf 1[c],\quad \bar v=\bar y\odot(\mathbf 1-\mathbf 1[c])",
                r"\max:\ c=(u\ge v),\quad \min:\ c=(u\le v)",
            ),
            (
                r"\bar u_j=\sum_i\bar y_i\,\mathbf 1[c_i]\,\delta_{ij}=\bar y_j\,\mathbf 1[c_j]",
                r"\text{the first if }u_j=v_j\text{, by convention}",
            ),
        ),
        Rule(
            "windows",
            r"Y=\operatorname{windows}(X)",
            (r"\bar X=\operatorname{fold}(\bar Y)", r"\text{block }d:\ Y^{(d)}_{kl}=X_{k,l+d}"),
            (r"\bar X_{kl}=\sum_d\bar Y^{(d)}_{k,l-d}", r"\text{zeros beyond the ends}"),
        ),
        Rule("broadcast", r"y=s\,\mathbf 1", (r"\bar s=\mathbf 1\T\bar y",), (r"\bar s=\sum_i\bar y_i",)),
        Rule(
            "uses",
            r"u\text{ in several }y^{(q)}",
            (r"\bar u=\text{sum over the uses}",),
            (r"\bar u_j=\sum_q\bigl(\sum_i\bar y^{(q)}_i\,\partial y^{(q)}_i/\partial u_j\bigr)",),
        ),
    )
}
