"""The main job: the network of the post, its backward pass by hand beside the automatic one."""
