"""What people would use instead of the model, fitted and judged on the same draws."""

from resistml.evaluate.peers.own import own_peers
from resistml.evaluate.peers.registry import MODEL, PEERS, Peer, chosen_peers
from resistml.evaluate.peers.training import Fit, Training

__all__ = ["MODEL", "PEERS", "Fit", "Peer", "Training", "chosen_peers", "own_peers"]
