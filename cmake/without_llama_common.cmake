# Included by libllama's own project(): llama-cpp-python builds its library of helpers for programs, a third of all
# files, whether it is wanted or not.
set(LLAMA_BUILD_COMMON OFF)
