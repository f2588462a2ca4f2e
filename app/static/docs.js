// Shows the API's description with Swagger UI. Its own validator would ask another host.

const place = document.querySelector("#viewer");
const dark = window.matchMedia("(prefers-color-scheme: dark)");
const follow = () => document.documentElement.classList.toggle("dark-mode", dark.matches);
dark.addEventListener("change", follow);
follow();

window.SwaggerUIBundle({
  url: place.dataset.description,
  domNode: place,
  deepLinking: true,
  displayRequestDuration: true,
  defaultModelsExpandDepth: 0,
  docExpansion: "list",
  persistAuthorization: false, // a key is kept until the page is left, and nowhere else
  tryItOutEnabled: true,
  validatorUrl: null,
});
