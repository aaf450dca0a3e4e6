"""Platform adapters: each translates messages and shows replies. They decide nothing."""
