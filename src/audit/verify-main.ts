process.stdout.write("verify\n");
