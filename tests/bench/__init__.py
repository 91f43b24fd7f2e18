"""Speed and memory, each as a ratio to a floor measured beside it; `make bench` runs them."""
