process.stdout.write("kubeops\n");
