// Expected: syntax
ELF
