// A program of one file, for Java 17 and later, with a server in a container. It needs
// org.testcontainers:testcontainers, an engine for containers, and the image, which a checkout of
// Hexostore builds:
//     docker build --tag hexostore .
import java.net.URI;
import java.net.http.HttpClient;
import java.net.http.HttpRequest;
import java.net.http.HttpRequest.BodyPublishers;
import java.net.http.HttpResponse;
import java.net.http.HttpResponse.BodyHandlers;
import java.time.Duration;
import java.util.Base64;
import java.util.regex.Matcher;
import java.util.regex.Pattern;
import org.testcontainers.containers.GenericContainer;
import org.testcontainers.containers.wait.strategy.Wait;
import org.testcontainers.utility.DockerImageName;

public class ContainerTest {
    static final String IMAGE = System.getenv().getOrDefault("HEXOSTORE_IMAGE", "hexostore");
    static final String BASIC = "Basic " + Base64.getEncoder().encodeToString("athlete@example.com:athlete".getBytes());
    static final HttpClient CLIENT = HttpClient.newHttpClient();

    public static void main(String[] arguments) throws Exception {
        // The control plane is open to the container's own machine only, which the tests are not on.
        try (GenericContainer<?> container = new GenericContainer<>(DockerImageName.parse(IMAGE))
                .withEnv("HEXOSTORE_SANDBOX_OPEN", "1")
                .withExposedPorts(8000)
                .waitingFor(Wait.forHttp("/readyz").forPort(8000))
                .withStartupTimeout(Duration.ofMinutes(2))) {
            container.start();
            addLabel("http://" + container.getHost() + ":" + container.getMappedPort(8000));
        }
        System.out.println("ok");
    }

    static void addLabel(String server) throws Exception {
        String sandbox = find("\"path\":\"(/~[^/]*)", send("POST", server + "/_sandbox/sandboxes", "{}"));
        String account = send("GET", server + sandbox + "/api/account/", "");
        String user = find("\"resource_uri\": \"(/api/user/[^\"]*)\"", account);
        send("POST", server + sandbox + "/api/label/", "{\"name\": \"mine\", \"user\": \"" + user + "\"}");
        int usual = countLabels(server);
        int now = countLabels(server + sandbox);
        if (now != usual + 1) {
            throw new AssertionError("the label is in the sandbox only, but there are " + now + " and " + usual);
        }
    }

    static int countLabels(String base) throws Exception {
        return Integer.parseInt(find("\"total_count\": (\\d+)", send("GET", base + "/api/label/", "")));
    }

    static String send(String method, String url, String body) throws Exception {
        HttpRequest request = HttpRequest.newBuilder(URI.create(url))
            .header("Authorization", BASIC)
            .header("X-HexoStore-Control", "1")
            .header("Content-Type", "application/json")
            .method(method, BodyPublishers.ofString(body))
            .build();
        HttpResponse<String> answer = CLIENT.send(request, BodyHandlers.ofString());
        if (answer.statusCode() >= 300) {
            throw new AssertionError(method + " " + url + ": " + answer.body());
        }
        return answer.body();
    }

    static String find(String pattern, String json) {
        Matcher found = Pattern.compile(pattern).matcher(json);
        if (!found.find()) {
            throw new AssertionError(pattern + " is missing in " + json);
        }
        return found.group(1);
    }
}
