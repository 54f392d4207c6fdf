// spotter-nn: trains and runs networks in a process of its own, by the folder contract of
// docs/internals/trainer.md.
int main() { return 0; }
