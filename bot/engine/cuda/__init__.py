"""What only a GPU needs: 4-bit products of a few tokens that read each weight once."""
