"""What cria-mini knows about cria: for each goal the ways to say it, questions written out, the answer and its key words."""

KNOWLEDGE = {}


def know(name, goals, questions, answer, key):
    cut = lambda s: [x.strip() for x in " ".join(s.split()).split("|") if x.strip()]
    KNOWLEDGE[name] = dict(goals=cut(goals), questions=cut(questions), answer=answer, key=key)


know(
    "pull",
    """download a model | get a new model | fetch a model from the registry | install a model | pull a model | obtain a
    model | put a model on this machine | get hold of a model | bring a model onto my computer | load a model from
    the internet | add a model to my machine | acquire a model | save a model to my disk | download an LLM | get
    models | bring in a new model from the library""",
    """Where do models come from? | Which command downloads models? | I need a new model, what now? | How are models
    fetched? | downloading models? | I have no models yet. | Where can I get a model? | model download | What do I
    type to download a model? | Where do I get models from? | How do I get my first model? | pull command? | Can
    cria download models for me? | I want to try a new model.""",
    'Use cria pull NAME to download a model.',
    'cria pull NAME',
)
know(
    "run",
    """run a model | chat with a model | start a model | talk to a model in the terminal | open a chat | use a model
    from the command line | have a conversation with a model | speak with a model | begin a chat | launch a model |
    try a model in my terminal | talk with a model | test a model by hand | type messages to a model | chat""",
    """Which command starts a chat? | How do I begin chatting? | What starts an interactive session? | chatting in the
    terminal? | I want a chat. | interactive chat | How can I talk to a model? | How do I use a model? | Where can I
    type my messages? | run command? | How do I start chatting with a model?""",
    'Use cria run NAME to chat with a model in the terminal.',
    'cria run NAME',
)
know(
    "oneshot",
    """ask a single question from the shell | run one prompt and exit | send a prompt without a chat | get one answer
    from the command line | pass a prompt as an argument | ask one question without a session | use a prompt in a
    script | give a prompt directly | call a model from a shell script | run a model without the chat window | use
    cria in a pipe | get a quick answer in the shell""",
    """Can cria answer once and quit? | Can I give the prompt on the command line? | one-off prompt? | single prompt
    from bash | Can I use cria in a shell script? | How do I ask just one thing? | Is there a non-interactive mode?
    | just one question please | Can I skip the interactive chat?""",
    'Give the prompt after the name: cria run NAME "your prompt".',
    'cria run NAME "',
)
know(
    "create",
    """create a model from a Modelfile | make my own model | build a custom model | customise a model | create a new
    model | derive a model from another one | produce a custom model | put together my own model | turn a Modelfile
    into a model | build a model out of a Modelfile | define a personal model | make a model of my own | build my
    model from a file | compose a new model | customize a model""",
    """Which command reads a Modelfile? | How are custom models made? | What turns a Modelfile into a model? | creating
    models? | building from a Modelfile | I wrote a Modelfile | what next? | How can I have my own model? | What do
    I do with a Modelfile? | create command? | Can I make my own models? | Where do new models get built?""",
    'Write a Modelfile and use cria create NAME -f Modelfile.',
    'cria create NAME',
)
know(
    "list",
    """list my models | see which models I have | show all local models | list installed models | find out what is
    downloaded | view the models on disk | get a list of models | print the models I own | check which models are
    installed | look at my downloaded models | know what models I have locally | find my models | count my models |
    see all models on this computer | get an overview of my models""",
    """Which models are installed? | What models do I have? | Which command lists models? | list of local models? |
    installed models | What did I download? | What models are here? | Do I have any models? | Where is the list of
    my models? | list command? | Show my models. | names of my models""",
    'Use cria list to see the models on this machine.',
    'cria list',
)
know(
    "show",
    """see details of a model | inspect a model | show information about a model | look at the template of a model |
    view the parameters of a model | read the metadata of a model | get information on a model | examine a model |
    find the details of a model | print facts about a model | learn more about a model | get the details of a model
    | look inside a model | see the parameters of a model | check the license of a model""",
    """Which command prints model details? | Where can I see the licence of a model? | model details? | info about one
    model | What is inside this model? | How large is the context of this model? | show command? | How do I look at
    a model? | Which details does a model have?""",
    'Use cria show NAME to see the details of a model.',
    'cria show NAME',
)
know(
    "ps",
    """see which models are loaded | list running models | check what is in memory | see what is running | find loaded
    models | view active models | know what models are active | find out which model is in memory | list what is
    loaded | check running models | see running models | watch the loaded models | see what sits in memory | look at
    the models in use""",
    """Which models are running now? | What is loaded at the moment? | Which command shows loaded models? | running
    models? | loaded models | What is using my memory? | Is a model loaded? | What is in memory right now? | ps
    command? | Which model is running? | Which models use my RAM?""",
    'Use cria ps to see the models loaded in memory.',
    'cria ps',
)
know(
    "cp",
    """copy a model | duplicate a model | clone a model under a new name | rename a model | give a model a second name
    | make a copy of a model | create a second copy of a model | save a model under another name | give a model a
    new name | copy models | name a model differently | make a backup of a model | fork a model""",
    """Which command copies a model? | How are models duplicated? | copying models? | renaming models | Can I rename a
    model? | I want a second copy, how? | cp command? | How do I change the name of a model? | Is there a copy
    command?""",
    'Use cria cp SOURCE TARGET to copy a model.',
    'cria cp SOURCE TARGET',
)
know(
    "rm",
    """delete a model | remove a model | free disk space | get rid of a model | uninstall a model | erase a model from
    disk | throw away a model | drop a model from disk | clean up old models | take a model off my machine | wipe a
    model | delete models | remove models I do not use | clear space on my disk | throw models away""",
    """Which command removes models? | My disk is full of models, what now? | How are models deleted? | deleting
    models? | I do not need a model any more. | model removal | How can I get my disk space back? | How do I get rid
    of a model? | rm command? | Which command deletes a model? | I want this model gone.""",
    'Use cria rm NAME to delete a model.',
    'cria rm NAME',
)
know(
    "stop",
    """stop a running model | unload a model | free the memory of a model | take a model out of memory | shut a model
    down | release a model from memory | halt a model | end a running model | kick a model out of memory | make a
    model leave memory | stop a model | take a model out of RAM | end a model that is running | clear a model from
    memory""",
    """Which command unloads a model? | The model stays in memory, what can I do? | unloading models? | stopping models
    | free my RAM | How can I free memory? | How do I get the model out of memory? | stop command? | Which command
    stops a model? | A model uses too much memory.""",
    'Use cria stop NAME to unload a running model.',
    'cria stop NAME',
)
know(
    "serve",
    """start the server | launch the server | run the cria daemon | bring up the API server | start cria in the
    background | get the server running | turn the server on | boot the server | run the service | make the server
    start | start cria | run the server | make the server listen | switch the server on""",
    """Which command starts the server? | How does the server start? | The server is not running, what do I do? |
    starting the server? | server start | cannot connect | no server | How do I start cria? | Connection refused,
    what now? | serve command? | Where does the server come from? | Which command runs the server?""",
    'Use cria serve to start the server.',
    'cria serve',
)
know(
    "push",
    """upload a model | push a model to a registry | publish my model | share a model with others | send a model to the
    registry | put my model in a registry | publish a model for others | give my model to the world | upload my own
    model | upload models | share my model | make my model public | store my model in a registry""",
    """Which command uploads a model? | How are models published? | uploading models? | publishing models | Can others
    get my model? | How do I share a model with friends? | push command? | Which command publishes a model? | Can I
    upload a model?""",
    'Use cria push NAME to upload a model to a registry.',
    'cria push NAME',
)
know(
    "port",
    """find the port of the server | connect to the server | reach the API | know the API port | learn which port is
    used | open the API in a browser | find the address of the API | find the address of the server | see where the
    server runs | get the URL of the server""",
    """Which port does cria use? | What is the API port? | On what port does the server listen? | What is the default
    port? | Where does the server listen? | What address does the API have? | port number? | default port | API
    address | Which URL does the server have? | Where is the API? | Is the port 11434? | On which address does cria
    listen? | server URL? | What port is it?""",
    'The server listens on 127.0.0.1:11434.',
    '11434',
)
know(
    "host",
    """change the port | listen on another address | make the server reachable from other machines | change the host |
    bind to all interfaces | use a different port | use another port | pick another address for the server | open
    the server to my network | access the server from another computer | set the listening address | change the
    address of the server | let other computers connect | run the server on a different port | expose the server""",
    """Which variable sets the address? | Can the server listen on the network? | changing the port? | remote access |
    other port | What does OLLAMA_HOST do? | How can another computer connect? | OLLAMA_HOST? | Can I use port 8080?
    | The port is taken, what can I do?""",
    'Set OLLAMA_HOST, for example OLLAMA_HOST=0.0.0.0:11434.',
    'OLLAMA_HOST',
)
know(
    "keepalive",
    """keep a model in memory | set how long a model stays loaded | change keep_alive | stop a model from being
    unloaded | keep a model loaded longer | keep models loaded for hours | make a model stay in memory | set the
    unload time | prevent unloading | hold a model in memory forever | keep the model loaded | change the time a
    model stays loaded | never unload a model | load a model for an hour""",
    """What is keep_alive? | How long does a model stay loaded? | What does keep_alive do? | Why does the model unload
    after five minutes? | unload timeout? | keep alive time | The model is gone after some minutes. | When is a
    model unloaded? | What is OLLAMA_KEEP_ALIVE? | How long is a model kept? | OLLAMA_KEEP_ALIVE? | My model unloads
    too soon. | Can a model stay loaded for ever?""",
    'Models stay loaded for 5 minutes. Set keep_alive to change that.',
    'keep_alive',
)
know(
    "ctx",
    """change the context length | set a longer context | increase the context window | use more context | set num_ctx
    | make the context bigger | get a larger context window | raise the context size | let the model remember more
    text | extend the context | grow num_ctx | set the context size | make the context longer | allow longer prompts
    | give the model more context""",
    """What sets the context length? | What is num_ctx? | Which option controls the context window? | How long is the
    context? | context size? | context window | The model forgets the start of my text. | What is
    OLLAMA_CONTEXT_LENGTH? | How can the model read longer texts? | num_ctx? | My prompt is too long for the model.
    | Where do I set the context? | Can I have a bigger context?""",
    'Set the option num_ctx to change the context length.',
    'num_ctx',
)
know(
    "temp",
    """change the temperature | make answers less random | set the temperature | make the output more creative | get
    more stable answers | control the randomness | lower the temperature | raise the temperature | make the model
    more random | make it less creative | set how random the answers are | have more creative answers | tune the
    temperature | make the answers more varied""",
    """What does temperature do? | Which option controls randomness? | randomness? | temperature option | Why are
    answers random? | What temperature should I use? | temperature? | Can I get less random text? | The answers are
    too wild.""",
    'Set the option temperature; 0 gives the most likely answer.',
    'temperature',
)
know(
    "seed",
    """get the same answer every time | make the output reproducible | set a seed | fix the random seed | repeat the
    same result | make results repeat | have the same output twice | get deterministic output | use a fixed seed |
    always get the same text | have repeatable answers | make results deterministic | get equal answers for equal
    prompts""",
    """What does the seed option do? | Which option makes results repeatable? | seed option? | reproducible results |
    The answer differs every time. | Why are the answers different each time? | Can results be reproduced? | seed? |
    How do I get the same text again? | Is there a random seed?""",
    'Set the option seed and temperature 0 for repeatable output.',
    'seed',
)
know(
    "numpredict",
    """limit the length of an answer | set the maximum number of tokens | make replies shorter | cap the output | stop
    long answers | cut answers short | restrict the number of tokens | bound the reply length | get short replies |
    set a token limit | get a shorter answer | limit the output | set how many tokens come back | end an answer
    after some tokens""",
    """What is num_predict? | Which option limits the output? | How can answers be kept short? | token limit? | maximum
    output | The reply is too long. | How long can an answer be? | What limits the length of answers? | num_predict?
    | The model talks too much. | Can I limit the number of tokens?""",
    'Set the option num_predict to limit the number of tokens.',
    'num_predict',
)
know(
    "stopseq",
    """stop at a certain word | set a stop sequence | end the output at a string | use stop words | add stop strings |
    halt the output at some text | cut the output at a marker | define stop words | end the answer at a word | cut
    the text at a string | make the model stop at a word | set stop strings""",
    """What does the stop option do? | Which option ends the text at a string? | stop strings? | stop sequence | What
    are stop sequences? | How does the model know where to stop? | stop? | Can the output end at a given word? | The
    model should stop at a line end.""",
    'Set the option stop to a list of strings that end the output.',
    'option stop',
)
know(
    "embed",
    """get embeddings | create an embedding | turn text into a vector | compute vectors for search | embed a sentence |
    make text embeddings | make vectors from text | produce embeddings | obtain a vector for a sentence | use an
    embedding model | get vectors | convert sentences to vectors | build a search index | get the embedding of a
    text""",
    """Does cria support embeddings? | Which endpoint gives embeddings? | What is the embedding endpoint? | embeddings?
    | text vectors | vector search | What are embeddings for? | How do I get vectors? | embed? | Is there an
    embedding API? | Can cria turn text into numbers?""",
    'Send the text to POST /api/embed to get embeddings.',
    '/api/embed',
)
know(
    "image",
    """send an image | ask about a picture | use a vision model | attach a photo | give the model a picture | include a
    picture in a prompt | let the model look at a photo | use pictures | describe a photo with a model | upload an
    image to a model | use images | show an image to the model | send photos to a model | add a picture to a message""",
    """Does cria support images? | Can the model see pictures? | Where do images go in a request? | images? | picture
    input | vision models | Can I send a photo? | How do I show a picture to the model? | Do images work? | Which
    field takes pictures?""",
    'Put base64 images in the images field of a message.',
    'images field',
)
know(
    "tools",
    """use tools | call functions from a model | give the model tools | do function calling | define a tool | let the
    model call my functions | pass functions to a model | let a model use tools | register a tool | have the model
    call a function | add tool calling | let the model call tools | provide functions to the model | use function
    calling | connect tools to a model""",
    """Does cria support tools? | Does function calling work? | Where do I put tool definitions? | tool calling? |
    functions | tool definitions | How do tools work? | Can the model call my code? | tools? | Which field holds the
    tools? | Can a model use functions?""",
    'Put the definitions in the tools field of POST /api/chat.',
    'tools field',
)
know(
    "json",
    """get JSON output | make the model answer in JSON | force valid JSON | receive structured data | set the format to
    JSON | get an answer as JSON | have replies in JSON | produce JSON | ask for JSON only | get a JSON reply | have
    JSON back | make sure the answer is JSON | switch on JSON mode""",
    """Does cria have a JSON mode? | Can the reply be JSON? | What does format json do? | JSON mode? | JSON answers |
    Can I have answers as JSON? | How do I make the model write JSON? | json mode | Which field gives JSON? | I need
    JSON back.""",
    'Set format to "json" in the request.',
    'format to "json"',
)
know(
    "schema",
    """make the output follow a schema | use a JSON schema | enforce a structure on the reply | get structured outputs
    | constrain the answer to a schema | restrict output with a schema | give a JSON schema | match a schema | have
    fields I define in the reply | have answers of a fixed shape | make the answer match my schema | define the
    fields of the answer | use structured output""",
    """Does cria support JSON schemas? | Can I give a schema for the reply? | schema support? | structured output |
    What is structured output? | Can the answer follow my schema? | json schema | How do I force certain fields? | I
    need fixed fields in the answer.""",
    'Put a JSON schema in the format field.',
    'JSON schema in the format',
)
know(
    "think",
    """turn thinking on | see the reasoning of a model | enable thinking | make the model think first | show the
    thoughts | let the model reason | switch reasoning on | get thoughts from a model | use thinking mode | activate
    thinking | see the thoughts of the model | have the model reason first | use reasoning | get the thinking text""",
    """Does cria support thinking? | What does the think field do? | Can I see the reasoning? | thinking mode? |
    reasoning on | Where are the thoughts? | How do I make the model think? | think? | Can the model think before it
    answers? | I want to see reasoning.""",
    'Set think to true in the request.',
    'think to true',
)
know(
    "nothink",
    """turn thinking off | disable thinking | hide the reasoning | skip the thoughts | stop the model from thinking |
    switch reasoning off | answer without thinking | remove the thinking part | avoid thoughts in the reply |
    deactivate thinking | stop the thinking | get answers without reasoning | avoid the thinking text | have no
    thoughts""",
    """Can thinking be disabled? | Is there a way without thinking? | no thinking please? | reasoning off | Why does
    the model think so long? | How do I stop the thinking? | no thoughts please? | I do not want to see reasoning. |
    Can I switch the thoughts off?""",
    'Set think to false in the request.',
    'think to false',
)
know(
    "openai",
    """use the OpenAI API | connect an OpenAI client | use cria with OpenAI libraries | point the OpenAI SDK at cria |
    use OpenAI tools with cria | set the base URL for OpenAI clients | talk to cria with the openai package | reuse
    my OpenAI code | connect OpenAI software | use the openai client | use the OpenAI SDK | run OpenAI programs with
    cria""",
    """Is there an OpenAI endpoint? | Is cria compatible with OpenAI? | Where is the OpenAI endpoint? | What base URL
    do OpenAI clients need? | OpenAI base URL? | openai package | OpenAI compatible | Do OpenAI programs work? |
    Which URL do I give the OpenAI client? | OpenAI API? | Can I use the openai library? | Does my OpenAI code work
    here?""",
    'Use the base URL http://localhost:11434/v1.',
    'localhost:11434/v1',
)
know(
    "chatapi",
    """chat over HTTP | send messages to the API | use the chat endpoint | post a conversation | call the chat API |
    use chat with curl | talk to the API with messages | call chat from my program | have a chat by HTTP | send a
    chat request | post messages to the server | chat through the API | use /api/chat""",
    """Which endpoint is for chat? | What is the chat endpoint? | chat endpoint? | chat with curl | How do I chat over
    the API? | Where do I send messages? | chat API? | Which path takes messages? | What is POST /api/chat?""",
    'Send messages to POST /api/chat.',
    'POST /api/chat.',
)
know(
    "genapi",
    """generate text over HTTP | send a raw prompt to the API | use the generate endpoint | complete a prompt by HTTP |
    use generate with curl | complete text with the API | call generate from my program | get a completion by HTTP |
    send a prompt over HTTP | generate text with the API | complete text through the server | use /api/generate""",
    """Which endpoint completes a prompt? | What is the generate endpoint? | generate endpoint? | completion API | How
    do I generate text over the API? | Where do I send a prompt? | generate API? | Which path takes a prompt? | What
    is POST /api/generate?""",
    'Send the prompt to POST /api/generate.',
    '/api/generate',
)
know(
    "tagsapi",
    """list models over HTTP | get the model list from the API | read the installed models with curl | ask the API for
    models | fetch the list of models by HTTP | see models through the API | list the models with curl | get all
    models as JSON | see my models from a program | use /api/tags""",
    """Which endpoint lists models? | What is /api/tags? | Is there an API for the list of models? | tags endpoint? |
    models by API | How does a program find my models? | Which path lists models? | tags API? | Where is the model
    list in the API? | Can I get the models over HTTP?""",
    'Use GET /api/tags to list models.',
    '/api/tags',
)
know(
    "stream",
    """turn streaming off | get the answer in one piece | disable streaming | receive the whole reply at once | stop
    streaming | get one JSON object | have no stream | wait for the full reply | get the reply in one part | receive
    a single answer | get the whole answer at once | have one JSON reply""",
    """Does the API stream? | What does the stream field do? | Why do I get many JSON lines? | streaming off? | no
    streaming | Why does the answer come in pieces? | How do I get one answer and no stream? | stream? | Can I have
    the full text at once? | I do not want streaming.""",
    'Set stream to false to get one complete reply.',
    'stream to false',
)
know(
    "models_dir",
    """change where models are stored | move the model folder | find the models on disk | store models on another drive
    | use another model directory | choose another folder for models | change the model directory | keep models on a
    second disk | find where models are saved | keep models in another place | move my models | set the folder for
    models | put models on another disk""",
    """Where are models stored? | Which folder holds the models? | Where does cria keep its files? | model folder? |
    model location | storage path | What is OLLAMA_MODELS? | Where on the disk are my models? | OLLAMA_MODELS? | In
    which directory are models kept? | My disk is small, can models go elsewhere?""",
    'Models are kept in ~/.ollama/models. Set OLLAMA_MODELS to change that.',
    'OLLAMA_MODELS',
)
know(
    "gguf",
    """import a GGUF file | use a GGUF model | load my own GGUF | add a local model file | turn a GGUF into a model |
    bring in a GGUF | open a GGUF file | create a model from GGUF | use weights from a GGUF file | use my GGUF file
    | make a model from a GGUF file | add a GGUF file | run a GGUF from disk""",
    """What is GGUF? | Does cria read GGUF? | I have a GGUF file, what now? | GGUF import? | local GGUF | How do I
    import a model file? | Can I use a file I have downloaded? | GGUF? | Can cria run my GGUF? | Where do I put a
    GGUF file?""",
    'Write FROM ./model.gguf in a Modelfile and use cria create.',
    'FROM ./model.gguf',
)
know(
    "quant",
    """quantize a model | make a model smaller | reduce the size of a model | convert to four bits | compress the
    weights | shrink a model | make weights smaller | use four bit weights | quantise my model | lower the precision
    | make a small version of a model | quantize weights | cut the size of a model | get a Q4 model""",
    """What is quantization? | Can cria quantize? | Which option quantizes? | quantization? | smaller model file | How
    do I make a model smaller? | The model is too big for my memory. | quantize? | Can I have a smaller model file?
    | What does --quantize do?""",
    'Use cria create NAME --quantize q4_K_M to make it smaller.',
    '--quantize q4_K_M',
)
know(
    "safetensors",
    """import safetensors | convert a Hugging Face model | use a safetensors folder | load weights from a folder | read
    a safetensors file | bring in Hugging Face weights | use weights from Hugging Face | load safetensors | use
    safetensors files | create a model from safetensors | import a model from Hugging Face | convert safetensors""",
    """Does cria read safetensors? | Can I import a Hugging Face model? | safetensors import? | Hugging Face weights |
    How do I import safetensors? | Can Hugging Face models be used? | safetensors? | What do I do with safetensors
    files? | I have a folder of weights.""",
    'Write FROM with the safetensors folder in a Modelfile.',
    'safetensors folder',
)
know(
    "adapter",
    """use a LoRA adapter | add a LoRA | apply an adapter | attach a fine-tuned adapter | load a LoRA adapter | put a
    LoRA on a model | combine a model with an adapter | use fine-tuned LoRA weights | add an adapter | use my LoRA |
    put an adapter on top of a model | load LoRA weights""",
    """Does cria support LoRA? | What does ADAPTER do? | Can I load an adapter? | LoRA support? | adapters | Where do I
    put a LoRA? | Do adapters work? | ADAPTER? | How do I use a fine-tuned adapter? | Can I add my own LoRA?""",
    'Write ADAPTER with the file in a Modelfile.',
    'ADAPTER',
)
know(
    "system",
    """set a system prompt | give the model a role | change the system message | tell the model how to behave | write a
    system prompt | define how the model behaves | change the role of the model | give standing instructions | set
    the system message | give a model a personality | tell the model who it is | change how the model behaves""",
    """What does SYSTEM do in a Modelfile? | Where does the system prompt go? | system prompt? | system message |
    persona | How do I change the behaviour of a model? | What is a system prompt? | SYSTEM? | Can a model have a
    role? | How do I give instructions to a model?""",
    'Write SYSTEM in a Modelfile, or send a system message.',
    'Write SYSTEM',
)
know(
    "template",
    """change the prompt template | set a chat template | edit the template | use my own template | modify the template
    | write my own prompt template | alter the chat format | write a template | set the template of a model | change
    how prompts are formatted | replace the template""",
    """What does TEMPLATE do? | Where is the chat template set? | chat template? | prompt template | How are prompts
    formatted? | Can I change the template? | TEMPLATE? | How do I write my own template? | What is the chat
    template?""",
    'Write TEMPLATE in a Modelfile.',
    'Write TEMPLATE',
)
know(
    "param",
    """set default options for a model | store a temperature in a Modelfile | set parameters in a Modelfile | save
    options with a model | fix options in a Modelfile | give a model standard options | write options into a
    Modelfile | set a default temperature for a model | set parameters for a model | keep options in the Modelfile |
    choose the defaults of a model | save a temperature with a model""",
    """What does PARAMETER do? | Which line of a Modelfile sets options? | default options? | PARAMETER lines | Can a
    model have its own options? | How do I set a parameter for good? | PARAMETER? | Where do default options go? |
    Which line sets num_ctx in a Modelfile?""",
    'Write PARAMETER lines in a Modelfile.',
    'PARAMETER',
)
know(
    "modelfile",
    """write a Modelfile | start a Modelfile | learn about Modelfiles | understand the Modelfile | create a Modelfile |
    know the Modelfile format | know what a Modelfile is | read a Modelfile | see how a Modelfile works""",
    """What is a Modelfile? | What goes in a Modelfile? | What does a Modelfile look like? | Explain the Modelfile. |
    Modelfile format? | Modelfile lines | What can a Modelfile contain? | How does a Modelfile work? | Modelfile? |
    Tell me about the Modelfile. | What is written in a Modelfile?""",
    'A Modelfile is a recipe: FROM, PARAMETER, SYSTEM and TEMPLATE lines.',
    'recipe',
)
know(
    "threads",
    """set the number of threads | use more CPU cores | change the thread count | limit the CPU cores | choose how many
    threads run | use all my cores | lower the number of threads | give it fewer cores | set threads | change how
    many cores are used | use eight threads | use fewer cores""",
    """What is num_thread? | Which option sets the threads? | thread count? | number of cores | How many threads are
    used? | Can I use all cores? | num_thread? | It uses all my cores. | Which option sets the number of cores?""",
    'Set the option num_thread.',
    'num_thread',
)
know(
    "parallel",
    """serve several requests at once | handle many users | answer in parallel | raise the concurrency | handle
    requests in parallel | let many people use the server | run requests side by side | process several prompts
    together | answer several people at once | serve more requests | run many requests at the same time | allow
    parallel requests""",
    """Can cria serve many clients? | What is OLLAMA_NUM_PARALLEL? | parallel requests? | many clients | What does
    OLLAMA_NUM_PARALLEL do? | How many requests run at once? | OLLAMA_NUM_PARALLEL? | Can two people use it at once?
    | Requests wait for each other.""",
    'Set OLLAMA_NUM_PARALLEL to serve several requests at once.',
    'OLLAMA_NUM_PARALLEL',
)
know(
    "maxloaded",
    """load several models at once | keep two models in memory | limit the number of loaded models | have more than one
    model loaded | keep several models loaded | change how many models fit in memory | have several models in memory
    | keep many models loaded | load two models | allow more loaded models""",
    """How many models can be loaded? | What is OLLAMA_MAX_LOADED_MODELS? | several loaded models? | maximum loaded
    models | How many models fit in memory? | What does OLLAMA_MAX_LOADED_MODELS do? | OLLAMA_MAX_LOADED_MODELS? |
    Can two models be loaded? | I want two models at once.""",
    'Set OLLAMA_MAX_LOADED_MODELS to choose how many models stay loaded.',
    'OLLAMA_MAX_LOADED_MODELS',
)
know(
    "origins",
    """allow a web page to call the API | fix a CORS error | allow browser requests | set allowed origins | let my
    website use the API | permit browser calls | solve CORS problems | call the API from JavaScript | call cria from
    a web page | let a browser use the API | allow my web site | get rid of CORS errors""",
    """Why does my browser block the API? | What is OLLAMA_ORIGINS? | CORS? | browser access | origins | What does
    OLLAMA_ORIGINS do? | I get a CORS error. | OLLAMA_ORIGINS? | Can a web page call the server? | My web app is
    blocked.""",
    'Set OLLAMA_ORIGINS to allow web pages.',
    'OLLAMA_ORIGINS',
)
know(
    "debug",
    """see more log output | turn on debug logs | find out why something failed | get verbose logs | see what goes
    wrong | get more logs | show debug messages | investigate a problem | see the debug log | get more details in
    the log | find an error | look for the cause of a problem""",
    """Where are the logs? | What does OLLAMA_DEBUG do? | debug log? | logging | It fails and I do not know why. | How
    do I see what happens inside? | OLLAMA_DEBUG? | Can I get more logs? | Something is broken, where do I look?""",
    'Set OLLAMA_DEBUG=1 to see more in the log.',
    'OLLAMA_DEBUG=1',
)
know(
    "version",
    """see the version | check which version I have | print the version number | find out the version | find the
    installed version | know my version | print the version | know which version runs | see my version of cria |
    find the version number""",
    """Which version is this? | What version of cria is installed? | version number? | installed version | How new is
    my cria? | Which version do I have? | version? | What version is installed? | Is my cria up to date?""",
    'Use cria version to see the version.',
    'cria version',
)
know(
    "help",
    """see all commands | get help | list the commands | show the usage | know what commands there are | find the right
    command | see the options | read the help | see what cria can do | find all commands | learn the commands | know
    how cria works""",
    """Which commands exist? | What commands does cria have? | I am lost, what can I do? | commands? | usage help |
    overview of commands | Where is the help? | What commands are there? | help? | Which commands can I use? | Is
    there a list of commands?""",
    'Use cria --help to see all commands.',
    'cria --help',
)
know(
    "update",
    """update a model | get the newest version of a model | refresh a model | upgrade a model | bring a model up to
    date | get a newer model | renew a model | download a model again | update models | get the latest version of a
    model | load a newer version of a model | make a model current""",
    """Are models updated automatically? | My model is old, what now? | model update? | newer version of a model | How
    do I get a newer version? | Can models be updated? | update? | Is there a newer version of my model? | How do I
    refresh my models?""",
    'Run cria pull NAME again to update it.',
    'again to update',
)
know(
    "fim",
    """complete code in the middle | use fill in the middle | insert code between two parts | do code infill | fill a
    gap in code | complete between prefix and suffix | use infill | complete the middle of a file | let the model
    fill a hole in code | insert text in the middle | complete code between two parts | do code completion""",
    """Does cria support fill in the middle? | What is the suffix field? | infill? | code completion in the middle |
    suffix | How does code completion work? | Can the model fill in code? | suffix? | How do I fill a gap in my
    code? | What is fill in the middle?""",
    'Send prompt and suffix to POST /api/generate.',
    'prompt and suffix',
)
know(
    "raw",
    """skip the template | send a raw prompt | use raw mode | bypass the chat template | turn the template off | send a
    prompt untouched | avoid the template | use no template | send a prompt without a template | turn off the
    template | pass my prompt unchanged | give the exact prompt""",
    """What does raw do? | Is there a raw mode? | raw prompt? | without template | Can I skip the chat template? | How
    do I send an exact prompt? | raw? | What is raw mode? | I format the prompt myself.""",
    'Set raw to true in POST /api/generate.',
    'raw to true',
)
know(
    "multiline",
    """type several lines in the chat | enter a long message | write multiline input | write more than one line | paste
    several lines | put line breaks in my message | write several lines | enter text with line breaks | paste a long
    text | send more than one line""",
    """Can I type more than one line? | How does multiline input work? | multiline? | several lines | How do I write
    long messages? | Enter sends my text too early. | Can a message have line breaks? | How do I paste several
    lines?""",
    'Begin and end the text with three double quotes.',
    'three double quotes',
)
know(
    "exit",
    """leave the chat | quit the chat | exit the session | close the prompt | stop chatting | end the chat | get out of
    the chat | close the session | leave cria run | stop the chat | go back to the shell | get out""",
    """How does the chat end? | Which command leaves the chat? | leaving? | quit | How do I get out? | How do I leave?
    | How do I get out of the chat? | bye? | Which command ends the chat? | How do I quit?""",
    'Type /bye to leave the chat.',
    '/bye',
)
know(
    "clear",
    """clear the conversation | forget the history | start the chat over | reset the session | wipe the history | start
    with an empty chat | drop the context | make the model forget | delete the history | start a new conversation |
    reset the chat | forget what I said""",
    """Can the chat be reset? | Which command forgets the history? | new conversation? | empty history | Can I start
    again with an empty chat? | How do I clear the history? | clear? | The model should forget all that. | Which
    command clears the chat?""",
    'Type /clear to forget the conversation.',
    '/clear',
)
know(
    "save",
    """save a session | store a conversation as a model | keep the chat for later | write the session to a model |
    store my chat | keep this session | save my chat | keep my conversation | store the session as a model | write
    down the chat""",
    """Can a chat be saved? | Which command stores the session? | saving? | session save | How do I keep a chat? | Can
    I continue a chat later? | save? | Which command saves the chat? | I want to keep this chat.""",
    'Type /save NAME to store the session.',
    '/save NAME',
)
know(
    "offline",
    """use cria without internet | work offline | run without a network | use it on a plane | work with no connection |
    run cria without internet | stay offline | use it without a network""",
    """Does cria work offline? | Is internet needed? | Can I use it without a connection? | Does my data leave this
    machine? | offline use? | no network | Is my data private? | Do I need internet? | Does it work on a plane? |
    offline? | Is it private? | Does cria send my data anywhere? | Can it run with no connection?""",
    'Yes. Once a model is downloaded no internet is needed.',
    'no internet is needed',
)
know(
    "what",
    """learn about cria | understand what cria is | know cria | get to know cria | learn what cria is""",
    """What is cria? | Tell me about cria. | What does cria do? | Explain cria to me. | What is this program? | What is
    cria for? | Describe cria. | cria? | What is this? | Give me an overview of cria. | What can cria do? | What is
    this software? | So what is cria? | What does this tool do? | Who needs cria?""",
    'Cria runs language models on your own computer.',
    'runs language models',
)
know(
    "who",
    """know who you are | hear your name | know your name | learn your name | find out who I talk to""",
    """Who are you? | What is your name? | What are you? | Introduce yourself. | Which model are you? | Are you a
    person? | Tell me your name. | your name? | And you are? | What should I call you? | Which assistant is this? |
    Who is this? | Who am I talking to? | Are you cria-mini? | What kind of model are you? | Tell me about yourself.
    | And who are you?""",
    'I am cria-mini, a very small language model.',
    'cria-mini',
)
know(
    "ollama",
    """use Ollama clients with cria | replace Ollama with cria | keep my Ollama client | move from Ollama to cria | use
    the ollama package with cria | use Ollama programs | run my Ollama scripts | switch from Ollama""",
    """Is cria compatible with Ollama? | Do Ollama clients work? | Can I use Ollama libraries? | Is cria the same as
    Ollama? | Ollama compatible? | Ollama clients | drop-in for Ollama | Does cria work like Ollama? | Is this
    Ollama? | Can I keep my Ollama tools? | Do Ollama apps work with it? | Is the API the same as in Ollama?""",
    'Yes. Cria speaks the same API as Ollama.',
    'same API as Ollama',
)
