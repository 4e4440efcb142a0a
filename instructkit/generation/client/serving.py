"""What the embedded model's process does: serve a GGUF file until whoever started it is gone."""

import json
import os
import sys
from typing import Any

CACHE_MIB = 512  # of prompts kept: some thirty of 800 tokens, for the default model


def run(**settings: Any) -> None:
    """Load a model, say on stdout at which address it is served, and serve it until stdin ends.

    ``settings`` are those of `parameters`. Where the model can't be loaded the process ends with exit code 1, and what
    llama.cpp says about it stands on stderr.
    """
    import xllamacpp

    # llama.cpp may print there: what the parent reads goes another way
    told = os.fdopen(os.dup(sys.stdout.fileno()), "w")
    os.dup2(sys.stderr.fileno(), sys.stdout.fileno())
    try:
        server = xllamacpp.Server(parameters(**settings))
    except RuntimeError as error:
        print(error, file=sys.stderr, flush=True)
        os._exit(1)
    except AttributeError as error:  # a parameter that goes by another name there
        print(f"xllamacpp {xllamacpp.__version__} does not suit ({error})", file=sys.stderr, flush=True)
        os._exit(1)
    print(json.dumps(server.listening_address), file=told, flush=True)
    sys.stdin.read()  # ends with the parent, however that ends
    os._exit(0)  # at once: to take a server down that has requests under way blocks for ever (xllamacpp 2026.10)


def parameters(*, path: str, name: str, slots: int, context_tokens: int, threads: int) -> Any:
    """What llama.cpp's server is told."""
    import xllamacpp

    told = xllamacpp.CommonParams()
    told.model.path = path
    told.model_alias = {name}  # what answers say they are from; else the path, which may tell who the user is
    told.n_ctx = slots * context_tokens  # the slots share it out evenly
    told.n_parallel = slots
    told.hostnames = ["127.0.0.1"]
    told.port = 0  # a free one
    told.ui = False
    told.endpoint_slots = False
    told.cors_origins = "http://127.0.0.1"  # no page in a browser of this machine may use it
    told.verbosity = 1  # errors alone
    told.warmup = False  # an answer that nobody asked for
    # What prompts have in common at their beginning is computed once: most of Self-Instruct's are alike but for a line.
    # Several prompts are kept, as its three kinds take turns.
    # Sums of floats differ by how many tokens are computed together, so each is computed by itself: a prompt that goes
    # on from an earlier one gives the same answer as a whole one, whatever was asked before.
    told.cache_prompt = True
    told.cache_ram_mib = CACHE_MIB
    told.n_ubatch = 1
    # It shares a sum among the threads, so that another number of threads gives other floats.
    told.flash_attn_type = xllamacpp.llama_flash_attn_type.LLAMA_FLASH_ATTN_TYPE_DISABLED
    for cpu in (told.cpuparams, told.cpuparams_batch):
        cpu.n_threads = threads
        cpu.poll = 0  # threads that wait leave their core to others
    return told
