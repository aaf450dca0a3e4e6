"""Platform adapters: each translates a platform's messages and shows replies. They decide nothing."""
