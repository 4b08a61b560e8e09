"""A primary and two replicas for real, a store on them, and what clients see when a server dies."""
