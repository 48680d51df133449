# The imported target `llama`: the shared libraries of the llama-cpp-python that is installed for this build.
# They are found through Python because pip's build isolation, a virtual environment and `--target` all differ.
find_package(Python REQUIRED COMPONENTS Interpreter)
execute_process(
  COMMAND ${Python_EXECUTABLE} -c
          "import importlib.metadata as m; d = m.distribution('llama-cpp-python'); print(d.version, d.locate_file(''), sep=';')"
  OUTPUT_VARIABLE llama_package
  OUTPUT_STRIP_TRAILING_WHITESPACE
  RESULT_VARIABLE llama_package_missing)
if(llama_package_missing)
  message(FATAL_ERROR "llama-cpp-python is not installed for ${Python_EXECUTABLE}: build with pip, or install it first")
endif()
list(GET llama_package 0 ELECTRON_LOCAL_LLAMA_CPP_PYTHON)
list(GET llama_package 1 llama_site)
set(llama_libraries "${llama_site}/llama_cpp/lib")
# The build that is linked; the module refuses to be imported over another one.
execute_process(
  COMMAND ${Python_EXECUTABLE} -c
          "import ctypes, sys; f = ctypes.CDLL(sys.argv[1]).ggml_commit; f.restype = ctypes.c_char_p; print(f().decode())"
          "${llama_libraries}/libggml-base.so"
  OUTPUT_VARIABLE ELECTRON_LOCAL_GGML_COMMIT
  OUTPUT_STRIP_TRAILING_WHITESPACE
  COMMAND_ERROR_IS_FATAL ANY)
message(STATUS "libllama: llama-cpp-python ${ELECTRON_LOCAL_LLAMA_CPP_PYTHON} in ${llama_site}")

add_library(llama INTERFACE)
target_include_directories(llama SYSTEM INTERFACE "${llama_site}/include")
target_link_directories(llama INTERFACE "${llama_libraries}")
target_link_libraries(llama INTERFACE -lllama -lggml -lggml-cpu -lggml-base)
target_link_options(llama INTERFACE "LINKER:-rpath-link,${llama_libraries}")
