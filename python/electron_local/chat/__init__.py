"""Chat completions: request, template, tool calls, answer. PROTOCOL §1 is the contract."""
