"""How a project tests its gradients: assertions, strategies for Hypothesis, a plugin for pytest."""
