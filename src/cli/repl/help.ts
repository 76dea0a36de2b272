/** Help texts of the conversation. */

export const helpText = `Available Commands:
  /set            Set session variables
  /show           Show model information
  /load <model>   Talk to another model
  /save <model>   Save this session as a model
  /clear          Forget the conversation so far
  /list [prefix]  List models
  /bye            Exit
  /?, /help       Help for a command
  /? shortcuts    Help for keyboard shortcuts

Use """ to begin and to end a message of several lines.
Put @ before the path of a text file to add it to a message.
`;

export const mediaHelpText = `Name a .jpg, .png, .webp or .wav file by its path to show it to the model.
`;

export const setHelpText = `Available Commands:
  /set parameter ...     Set a parameter
  /set system <string>   Set system message
  /set history           Keep a history of lines
  /set nohistory         Keep no history of lines
  /set wordwrap          Wrap lines at words
  /set nowordwrap        Do not wrap lines at words
  /set format json       Make the model answer in JSON
  /set noformat          Let the model answer in any form
  /set verbose           Show counts and rates of each answer
  /set quiet             Do not show counts and rates
  /set think [level]     Let the model think (high, medium, low, max)
  /set nothink           Do not let the model think
`;

export const showHelpText = `Available Commands:
  /show info         Show details for this model
  /show license      Show model license
  /show modelfile    Show Modelfile for this model
  /show parameters   Show parameters for this model
  /show system       Show system message
  /show template     Show prompt template
`;

export const parameterHelpText = `Usage:
  /set parameter <name> <value>

Parameters:
  seed <int>               Random number seed
  num_predict <int>        Most tokens to answer with
  num_ctx <int>            Context length
  temperature <float>      0: always the likeliest token; higher: more surprising
  top_k <int>              Choose among that many tokens
  top_p <float>            Choose among the likeliest, up to this sum
  min_p <float>            Least probability, as a share of the likeliest
  repeat_penalty <float>   How much to avoid repetitions
  repeat_last_n <int>      How far back to look for repetitions
  num_gpu <int>            Layers to compute on the GPU
  stop <text> ...          Texts that end the answer
`;

export const shortcutsHelpText = `Available keyboard shortcuts:
  Ctrl + a            Go to the beginning of the line (Home)
  Ctrl + e            Go to the end of the line (End)
  Ctrl + b            Go back a character (Left)
  Ctrl + f            Go forward a character (Right)
  Alt + b             Go back a word
  Alt + f             Go forward a word
  Ctrl + k            Delete from here to the end of the line
  Ctrl + u            Delete from here to the beginning of the line
  Ctrl + w            Delete the word before
  Ctrl + p            Earlier line (Up)
  Ctrl + n            Later line (Down)

  Tab                 Complete a command, or a path after @
  Ctrl + l            Clear the screen
  Ctrl + g            Write the message in an editor
  Ctrl + c            Stop the answer
  Ctrl + d            Exit
`;
