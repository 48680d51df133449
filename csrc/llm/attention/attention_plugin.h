// Gives ggml's CPU backend the attention of this folder.
#pragma once

namespace electron_local {

// For the whole process, once, before the first model is loaded; best before any other context computes.
// Flash attention that `attend` can do is then its, for every context of this libllama; all other nodes stay
// libllama's. Does nothing where the processor has no kernel, or where ELECTRON_LOCAL_ATTENTION is
// "libllama". Throws InvalidArgument where that is neither empty, "own" nor "libllama".
void install_attention();

// Whether it did something.
bool has_own_attention();

}  // namespace electron_local
