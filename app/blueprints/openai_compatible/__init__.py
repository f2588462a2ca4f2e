"""The API of OpenAI's images, on the same use cases as the service's own API."""
