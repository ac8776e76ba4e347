"""``model_type`` to architecture family: a partition, as one committed table.

The family is the line of architectures that a `model_type` belongs to; unknown is not
"other". To add a type, add it to its family's line in `FAMILIES`.
"""

from __future__ import annotations

import re
from types import MappingProxyType

UNKNOWN = "unknown"
OTHER = "other"

FAMILIES = MappingProxyType(
    {
        "LLaMA": "llama llama4 llama4_text mllama mllama_text_model llava llava_llama llava_next "
        "open_llama codellama llamafied-yi",
        "Mistral": "mistral llava_mistral mixtral mistral3 ministral pixtral voxtral",
        "Qwen": "qwen qwen2 qwen2_moe qwen2_vl qwen2_5_vl qwen2_audio qwen2_5_omni qwen3 qwen3_moe "
        "qwen3_next qwen3_5_text llava_qwen2 qwen3_vl qwen3_vl_moe qwen3_omni_moe qwen3_5 "
        "qwen3_5_moe",
        "Gemma": "gemma gemma2 gemma3 gemma3_text gemma3n gemma3n_text gemma4 paligemma "
        "recurrent_gemma",
        "Phi": "phi phi3 phi3small phi3_v phi4mm phi4_multimodal phi-msft phimoe "
        "mixformer-sequential",
        "DeepSeek": "deepseek deepseek_v2 deepseek_v3 deepseek_v32 deepseek_v4 deepseek_vl "
        "deepseek_vl_v2 multi_modality",
        "GPT": "gpt2 gpt_neo gptj gpt_bigcode openai-gpt gpt-sw3 gpt_neox gpt_neox_japanese "
        "gpt_oss codegen imagegpt",
        "BERT": "bert roberta distilbert albert electra deberta deberta-v2 xlm-roberta camembert "
        "mobilebert modernbert bert-generation roformer convbert ernie megatron-bert big_bird "
        "longformer layoutlm nomic_bert new xlm flaubert xlm-roberta-xl luke mpnet",
        "T5": "t5 mt5 umt5 longt5 switch_transformers t5gemma flan-t5 ul2",
        "BART": "bart mbart pegasus marian blenderbot blenderbot-small m2m_100 plbart led",
        "Whisper": "whisper",
        "OPT": "opt",
        "BLOOM": "bloom",
        "Falcon": "falcon refinedweb refinedwebmodel falcon_mamba falcon_h1",
        "MPT": "mpt",
        "StableLM": "stablelm stablelm_epoch stablelm_alpha",
        "StarCoder": "starcoder2",
        "OLMo": "olmo olmo2 olmoe olmo3",
        "Granite": "granite granitemoe granitemoeshared granitemoehybrid",
        "Cohere": "cohere cohere2 aya_vision",
        "InternLM": "internlm internlm2 internlm3 internlm2_ve internvl internvl_chat",
        "Yi": "yi",
        "Baichuan": "baichuan_m1 baichuan",
        "ChatGLM": "glm_moe_dsa glm4_moe_lite chatglm glm glm4 glm4_moe glm4v glm4v_moe",
        "MiniCPM": "minicpm minicpm3 minicpmv minicpmo",
        "SmolLM": "smollm3 smolvlm idefics3",
        "Nemotron": "nemotron nemotron-nas nemotron_h",
        "EXAONE": "exaone4_5 exaone exaone4",
        "Mamba": "mamba mamba2 jamba zamba zamba2 bamba",
        "RWKV": "rwkv rwkv5 rwkv6 rwkv7 rwkv6qwen2",
        "LFM": "lfm2 lfm2_moe lfm2_vl",
        "MiniMax": "minimax minimax_m2 minimax_text_01",
        "Hunyuan": "hunyuan hunyuan_v1_dense hunyuan_v1_moe",
        "Jais": "jais jais2",
        "PLaMo": "plamo plamo2",
        "Ling": "bailing_moe bailing_moe_v2",
        "ERNIE": "ernie4_5 ernie4_5_moe ernie4_5_vl",
        "Solar": "solar solar_open",
        "Kimi": "kimi_k25 kimi_k2 kimi_vl kimi_linear",
        "Speech encoder": "wav2vec2 wav2vec2-bert wav2vec2-conformer hubert wavlm seamless_m4t "
        "speecht5 speech_to_text",
        "Vision encoder": "vit deit beit swin dinov2 dinov2_with_registers convnext convnextv2 "
        "segformer detr yolos clip clip_text_model clip_vision_model siglip vit_mae resnet",
        "Stable Diffusion": "stable-diffusion stable_diffusion",
    }
)
"""Family name -> its model types, separated by spaces."""

_BY_TYPE = {t: family for family, types in FAMILIES.items() for t in types.split()}


def family_of(model_type: str | None, architecture: str | None = None) -> str:
    """Return the family of a model.

    Parameters
    ----------
    model_type : str or None
        ``model_type`` of config.json.
    architecture : str or None
        First class name of ``architectures``, used where the type is not known:
        its head, up to "For" or "Model", is compared with the types.

    Returns
    -------
    str
        A family's name; `OTHER` for a known type in no family; `UNKNOWN` where nothing is known.
        Never inherited from a parent.

    Examples
    --------
    >>> family_of("qwen2"), family_of(None, "LlamaForCausalLM"), family_of(None)
    ('Qwen', 'LLaMA', 'unknown')
    """
    if model_type:
        return _BY_TYPE.get(model_type.lower(), OTHER)
    if not architecture:
        return UNKNOWN
    head = re.split(r"For[A-Z]|LMHead|Model$", architecture)[0]
    snake = re.sub(r"(?<=[a-z0-9])(?=[A-Z])", "_", head).lower()
    squeezed = {t.replace("_", "").replace("-", ""): f for t, f in _BY_TYPE.items()}
    return squeezed.get(snake.replace("_", ""), OTHER)
