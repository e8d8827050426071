"""The smallest inputs that show a mistake, as an exercise for pencil and paper."""
