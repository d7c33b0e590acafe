# Types a line into a zsh with a terminal of its own, completes it, and prints what became of it.
# complete.zsh FOLDER ZSH LINE: FOLDER/functions has the completion, and is where the line is typed.
zmodload zsh/zpty
zpty inner env TERM=dumb $2 -f -i
# Read up to what the inner zsh says when it is ready; an echo of the command line has other letters.
zpty -w inner "cd ${(q)1}; fpath=(${(q)1}/functions \$fpath); autoload -Uz compinit; compinit -u -D"
zpty -w inner 'show() { zle -I; print -r -- "RESULT<$BUFFER>END" }; zle -N show; bindkey "^Xs" show; bindkey "^I" complete-word'
zpty -w inner 'PS1= PS2=; unsetopt zle_bracketed_paste prompt_sp 2>/dev/null; print REA''DY'
zpty -r inner text '*READY*'
zpty -w -n inner $3$'\t\x18s'
zpty -r inner text '*RESULT<*>END*'
text=${text##*RESULT<}
print -r -- ${text%%>END*}
zpty -d inner
