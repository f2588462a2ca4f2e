"""HTTP below the OpenAI SDK: clients, bounded bodies, deadlines, and downloads of images."""
