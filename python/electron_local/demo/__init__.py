"""The demo: an agent for a car, its tools, and spoken requests to try it on."""
