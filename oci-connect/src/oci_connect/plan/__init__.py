"""Plans: pure functions of what OCI holds and what is wanted, which return the steps in between. They ask OCI nothing."""
