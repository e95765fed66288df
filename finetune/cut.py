"""Cutting a network in two: the frozen part, which runs once per image, and the part that learns.

The network is traced with torch.fx (Reed et al., "torch.fx", MLSys 2022), following only those modules that hold both frozen and learning
parameters; everything else stays one node. The cut is the last place before the first learning parameter where a single tensor
carries all that comes after. No family of networks needs code of its own: a network that cannot be traced is not cut, and trains whole.
"""

from collections.abc import Collection
from dataclasses import dataclass

import torch
from torch import Tensor, fx, nn


@dataclass(frozen=True)
class Cut:
    """``network(x) == tail(trunk(x))``; both share their parameters with the network.

    Attributes:
        trunk: the frozen part; the identity where nothing could be cut off.
        tail: the part that learns.
        saves: whether the trunk computes anything.
    """

    trunk: nn.Module
    tail: nn.Module
    saves: bool


def split(network: nn.Module, learning: Collection[str], sample: Tensor) -> Cut:
    """Cut a network in eval mode before its first learning parameter.

    Args:
        learning: names of the parameters that will learn at some time.
        sample: a batch of normalised images, on which both ways are compared bit by bit.
    """
    if not learning:
        return Cut(network, nn.Identity(), saves=True)
    whole = Cut(nn.Identity(), network, saves=False)
    try:
        graph = _Tracer(_mixed(network, learning)).trace(network)
        nodes = list(graph.nodes)
        place = _place(graph, set(learning))
        found = Cut(
            _part(network, nodes[:place], None), _part(network, nodes[place:], nodes[place - 1]), saves=place > 1
        )
    except Exception:  # tracing runs the network's own code on stand-ins for tensors, and that may raise anything
        return whole
    return found if found.saves and _agree(network, found, sample) else whole


class _Tracer(fx.Tracer):
    def __init__(self, followed: set[str]) -> None:
        super().__init__()
        self.followed = followed

    def is_leaf_module(self, m: nn.Module, module_qualified_name: str) -> bool:
        del m
        return module_qualified_name not in self.followed


def _mixed(network: nn.Module, learning: Collection[str]) -> set[str]:
    """Return the names of the modules that hold learning parameters beside frozen ones."""
    found = set()
    for name, module in network.named_modules():
        owned = [f"{name}.{key}".removeprefix(".") for key, _ in module.named_parameters()]
        if 0 < sum(key in learning for key in owned) < len(owned):
            found.add(name)
    return found


def _place(graph: fx.Graph, learning: set[str]) -> int:
    """Return the index of the first node behind the cut; 1 stands for a cut behind the input, which saves nothing."""
    nodes = list(graph.nodes)
    order = {node: index for index, node in enumerate(nodes)}
    last_use = [max((order[user] for user in node.users), default=-1) for node in nodes]
    best = 1
    for place in range(1, len(nodes)):
        if _learns(nodes[place - 1], learning):
            break
        # Parameters that a node fetches can be fetched again behind the cut; everything else has to be carried over.
        carried = [node for node in nodes[:place] if last_use[order[node]] >= place and node.op != "get_attr"]
        if carried == [nodes[place - 1]]:
            best = place
    return best


def _learns(node: fx.Node, learning: set[str]) -> bool:
    target = str(node.target)
    if node.op == "get_attr":
        return target in learning
    return node.op == "call_module" and any(name.startswith(f"{target}.") for name in learning)


def _part(network: nn.Module, nodes: list[fx.Node], entry: fx.Node | None) -> nn.Module:
    """Return the nodes as a module of its own; ``entry`` is the node whose value comes in, or None for the network's input."""
    graph = fx.Graph()
    copies: dict[fx.Node, fx.Node] = {}
    if entry is not None:
        copies[entry] = graph.placeholder("carried")

    def copy(node: fx.Node) -> fx.Node:
        if node not in copies:  # a parameter fetched before the cut
            copies[node] = graph.node_copy(node, copy)
        return copies[node]

    for node in nodes:
        copy(node)
    if nodes[-1].op != "output":
        graph.output(copies[nodes[-1]])
    return fx.GraphModule(network, graph).eval()


def _agree(network: nn.Module, cut: Cut, sample: Tensor) -> bool:
    with torch.inference_mode():
        return torch.equal(network(sample), cut.tail(cut.trunk(sample)))
