# Included by libllama's own project(): llama-cpp-python builds its library of helpers for programs, 53 of 127
# files, whether it is wanted or not.
set(LLAMA_BUILD_COMMON OFF)
