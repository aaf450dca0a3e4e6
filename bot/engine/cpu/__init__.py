"""What only a CPU needs: attention as a compiled loop, weights in the order of its kernels."""
