int use_the_library();

int main() { return use_the_library(); }
